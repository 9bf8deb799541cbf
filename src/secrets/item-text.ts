import type { SecretItem } from '../connections/secret-store.ts';
import { Secret } from './secret.ts';

/** The two secrets of an item as they are serialised: in the clear, so only ever into a sealed place. */
export interface RevealedItem {
  readonly password: string | null;
  readonly sslKeyPassword: string | null;
}

export function revealItem(item: SecretItem): RevealedItem {
  return {
    password: item.password?.reveal() ?? null,
    sslKeyPassword: item.sslKeyPassword?.reveal() ?? null,
  };
}

/** The item in a parsed payload, or null when the payload does not have its shape. */
export function itemFrom(payload: Record<string, unknown>): SecretItem | null {
  const { password, sslKeyPassword } = payload;
  if (!isTextOrNull(password) || !isTextOrNull(sslKeyPassword)) return null;
  return { password: hide(password), sslKeyPassword: hide(sslKeyPassword) };
}

/** The object that a JSON text stands for, or null when it stands for anything else. Never throws. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // The parser's message quotes the text, which may hold a secret: it goes no further.
    return null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function hide(text: string | null): Secret | null {
  return text === null ? null : new Secret(text);
}
