import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The platform's data directory: XDG's on Linux, Application Support on macOS, Local AppData on Windows. */
export function defaultHome(
  environment: Readonly<Record<string, string | undefined>>,
  platform = process.platform,
  home = homedir(),
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'jackfield');
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'jackfield');
  }
  // A relative path in it is to be ignored (XDG Base Directory Specification).
  const data = environment.XDG_DATA_HOME;
  return join(data && isAbsolute(data) ? data : join(home, '.local', 'share'), 'jackfield');
}
