import { isatty } from 'node:tty';

/**
 * Whether descriptors all lead to terminals. In a file of its own, to be loaded when it is asked:
 * node:tty brings much with it, and takes two milliseconds.
 */
export function areTerminals(...descriptors: readonly number[]): boolean {
  return descriptors.every((descriptor) => isatty(descriptor));
}
