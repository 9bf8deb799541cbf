import type { DoctorFinding } from '../connections/reports.ts';
import { leftDirectories, removeLeftDirectories } from './private-directory.ts';

/** What `doctor` says of credentials that were handed to a program and left there; removed with `fix`. */
export async function inspectLeftDirectories(
  environment: Readonly<Record<string, string | undefined>>,
  fix: boolean,
): Promise<DoctorFinding[]> {
  const left = fix ? await removeLeftDirectories(environment) : await leftDirectories(environment);
  return left.map((path) => ({
    check: 'secrets',
    status: fix ? 'repaired' : 'problem',
    code: 'handed_files_left',
    message: `a run of exec that was killed left credentials in ${path}${fix ? '; they were removed' : ''}`,
    fix: fix ? null : 'jackfield doctor --fix',
  }));
}
