import type { Command } from 'commander';
import { examineSecrets, isHealthy } from '../connections/doctor.ts';
import { CatalogError } from '../connections/errors.ts';
import type { DoctorFinding } from '../connections/reports.ts';
import { doctorReport } from '../output/doctor-report.ts';
import { examinePipelines } from '../pipelines/doctor.ts';
import type { App, Verdict } from './app.ts';
import { type Act, examples } from './verb.ts';

export interface DoctorFlags {
  fix?: boolean;
}

export function declareDoctor(command: Command, act: Act, run = runDoctor): void {
  command
    .option('--fix', 'remove secrets that no connection points to')
    .addHelpText('after', examples('jackfield doctor', 'jackfield doctor --fix'))
    .action((flags: DoctorFlags) => act((app) => run(app, flags)));
}

export async function runDoctor(app: App, flags: DoctorFlags): Promise<Verdict> {
  const findings: DoctorFinding[] = await app.inspectCatalog();
  // Where there is no catalog none is made for the sake of a look at it.
  const hasSecrets = findings.every(({ code }) => code !== 'catalog_absent');
  const isSound = isHealthy(findings);
  findings.push(...(await app.inspectMetadata()));
  if (hasSecrets && isSound) findings.push(...(await rowFindings(app, flags)));
  findings.push(...(await app.inspectHandedFiles(flags.fix === true)));
  await app.print(doctorReport(findings));
  return isHealthy(findings) ? 'done' : 'said-no';
}

/** A catalog that can't be opened was found by its inspection; here it only means that its rows can't be looked at. */
async function rowFindings(app: App, flags: DoctorFlags): Promise<DoctorFinding[]> {
  const isAtWork = (owner: string) => app.isAtWork(owner);
  try {
    return [
      ...(await examineSecrets(app.services, { fix: flags.fix === true, isAtWork })),
      ...(await examinePipelines(app.services)),
    ];
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    return [
      { check: 'catalog', status: 'problem', code: error.code, message: error.message, fix: error.fix },
    ];
  }
}
