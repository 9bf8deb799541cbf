import type { DoctorFinding } from '../connections/reports.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { isDisconnected, lossOf, lostSides, retargetCommand } from './pipeline.ts';

/** The pipelines that have lost a connection; of a paused one it is told, and no problem. */
export async function examinePipelines(services: ConnectionServices): Promise<DoctorFinding[]> {
  const pipelines = await (await services.pipelines()).list();
  return pipelines.filter(isDisconnected).map((pipeline) => ({
    check: 'pipelines',
    status: pipeline.state === 'active' ? 'problem' : 'ok',
    code: 'pipeline_disconnected',
    message: `the ${pipeline.state} pipeline ${pipeline.name} is disconnected: ${lossOf(pipeline)}`,
    fix: retargetCommand(pipeline.name, ...lostSides(pipeline)),
  }));
}
