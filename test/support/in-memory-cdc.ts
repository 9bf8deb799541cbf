import type { CdcCheck, CdcNames, CdcPlan, CdcSetup, CdcStep } from '../../src/cdc/cdc.ts';
import type {
  CdcCheckRequest,
  CdcConnector,
  CdcPlanRequest,
  CdcSetupRequest,
  CdcStatusReader,
  CdcStatusRequest,
  CdcTeardownPlan,
  CdcTeardownRequest,
  CdcTraces,
} from '../../src/cdc/port.ts';
import { ServerError, UsageError } from '../../src/connections/errors.ts';

/** CDC for unit tests: each host has at most one publication and one slot, and what fails is said before. */
export class InMemoryCdc implements CdcConnector {
  /** By host. */
  readonly servers = new Map<string, { publication: boolean; slot: boolean }>();
  readonly checks: CdcCheckRequest[] = [];
  /** At which step the next set-ups fail. */
  failsAt: 'publication' | 'slot' | null = null;

  defaultNames(connection: string): CdcNames {
    return { publication: `cdc_${connection}`, slot: `cdc_${connection}` };
  }

  checkNames({ slot }: CdcNames): void {
    if (slot === '') throw new UsageError({ code: 'bad_slot', message: 'the slot has no name', fix: null });
  }

  async check(request: CdcCheckRequest): Promise<Omit<CdcCheck, 'connection'>> {
    this.checks.push(request);
    const server = { version: '18.1', provider: 'cloud', recovery: false };
    return { status: 'passed', durationMs: 1, server, checks: [], tables: [] };
  }

  async plan({ connection, names, endpoint }: CdcPlanRequest): Promise<CdcPlan> {
    const steps = this.#stepsAt(endpoint.host);
    return {
      connection: connection.name,
      ...names,
      tables: [],
      publish: [],
      steps,
      ready: true,
      problems: [],
    };
  }

  async setup(request: CdcSetupRequest): Promise<CdcSetup> {
    const { connection, names, endpoint, onChange } = request;
    const server = this.#server(endpoint.host);
    const steps = this.#stepsAt(endpoint.host);
    if (steps.length > 0) await onChange();
    for (const { step } of steps) {
      const part = step === 'create_slot' ? 'slot' : 'publication';
      if (this.failsAt === part) {
        const fix = 'jackfield connections cdc check NAME';
        throw new ServerError({ code: 'cdc_not_permitted', message: `no ${part} is allowed`, fix });
      }
      server[part] = true;
    }
    return { connection: connection.name, ...names, tables: [], publish: [], steps, slotPosition: '0/1' };
  }

  async openStatus(): Promise<CdcStatusReader> {
    throw new Error('no test expects a status');
  }

  async planTeardown({ endpoint }: CdcTeardownRequest): Promise<CdcTeardownPlan> {
    const { slot, publication } = this.#server(endpoint.host);
    const steps = [
      ...(slot ? [aStep('drop_slot')] : []),
      ...(publication ? [aStep('drop_publication')] : []),
    ];
    return { steps, left: [] };
  }

  async teardown(request: CdcTeardownRequest) {
    const { steps } = await this.planTeardown(request);
    this.servers.delete(request.endpoint.host);
    return { steps: [...steps], left: [] };
  }

  async traces({ endpoint }: CdcStatusRequest): Promise<CdcTraces> {
    return { ...this.#server(endpoint.host) };
  }

  #server(host: string): { publication: boolean; slot: boolean } {
    const server = this.servers.get(host) ?? { publication: false, slot: false };
    this.servers.set(host, server);
    return server;
  }

  #stepsAt(host: string): CdcStep[] {
    const { publication, slot } = this.#server(host);
    return [...(publication ? [] : [aStep('create_publication')]), ...(slot ? [] : [aStep('create_slot')])];
  }
}

function aStep(step: CdcStep['step']): CdcStep {
  return { step, transaction: 1, sql: `${step};`, effect: step };
}
