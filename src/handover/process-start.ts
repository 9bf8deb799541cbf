import { readFileSync } from 'node:fs';

/** What tells a process from a later one of the same id: when it began, in ticks since the boot; "0" where that can't be had. */
export function processStart(pid: number): string {
  return statFields(pid)?.[19] ?? '0';
}

/** Whether the process is still there that had this id and began then. */
export function isRunning(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  // Ended, and not waited for: where a container's first process waits for nobody, for ever.
  if (statFields(pid)?.[0] === 'Z') return false;
  return start === '0' || processStart(pid) === start;
}

/** Where a process stands towards its terminal; null where the system does not tell. */
export function terminalStanding(pid: number): { hasTerminal: boolean; foreground: boolean } | null {
  const fields = statFields(pid);
  if (fields === null) return null;
  const [, , group, , terminal, foreground] = fields;
  return { hasTerminal: terminal !== '0', foreground: terminal !== '0' && foreground === group };
}

/**
 * proc_pid_stat(5), from the third field on (state): the second, the program's name, may hold blanks and
 * parentheses. Null where there is no such process, or no /proc.
 */
function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .trim()
      .split(' ');
  } catch {
    return null;
  }
}
