import { setTimeout as sleep } from 'node:timers/promises';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** The line that the pointer stands on begins so. */
export function pointed(label: string): RegExp {
  return new RegExp(`^❯ ${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'm');
}

/** Opens the Connections page. */
export async function openHome(options: TerminalOptions, flags: readonly string[] = []): Promise<Terminal> {
  const terminal = await openTerminal(flags, options);
  await terminal.waitFor(/jackfield · Connections|jackfield: \d|Too small/);
  return terminal;
}

/** Goes down a menu, or the form, until the pointer stands on a line or button that begins so. */
export async function goTo(terminal: Terminal, label: string): Promise<void> {
  const isThere = () => [`❯ ${label}`, `❯${label}`].some((text) => terminal.screen().includes(text));
  for (let step = 0; step < 20 && !isThere(); step++) {
    const before = pointerOf(terminal);
    terminal.press('down');
    for (let wait = 0; wait < 200 && pointerOf(terminal) === before; wait++) await sleep(10);
  }
  if (!isThere()) throw new Error(`the pointer does not come to ${label}:\n${terminal.screen()}`);
}

function pointerOf(terminal: Terminal): string | undefined {
  return /❯.{0,14}/.exec(terminal.screen())?.[0];
}

/** Waits for the menu that says this, goes down to a line of it, and takes it. */
export async function take(terminal: Terminal, menu: string, label: string): Promise<void> {
  await terminal.waitFor(menu);
  await goTo(terminal, label);
  terminal.press('enter');
}

/** Opens the menu of the row that the pointer stands on, which must be this one. */
export async function openRow(terminal: Terminal, name: string): Promise<void> {
  await terminal.waitFor('Search:');
  await terminal.waitFor(pointed(name));
  terminal.press('enter');
  await terminal.waitFor('Show in pipelines');
}

/** Pastes as a terminal does that was told to mark what is pasted. */
export function paste(terminal: Terminal, text: string): void {
  terminal.type(`\u001b[200~${text}\u001b[201~`);
}
