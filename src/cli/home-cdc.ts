import type { Connection } from '../connections/connection.ts';
import type { ActionOutcome } from '../screens/home.ts';
import type { App } from './app.ts';
import { askingOf } from './asking.ts';
import { lookTimeoutMs, wishOf } from './connections/cdc/cdc-flags.ts';

type CdcVerb = 'check' | 'plan' | 'setup' | 'status' | 'teardown';

const verbs: readonly { readonly value: CdcVerb; readonly label: string; readonly note: string }[] = [
  { value: 'check', label: 'Check', note: 'what is in the way; changes nothing' },
  { value: 'plan', label: 'Plan', note: 'the SQL that set-up would run' },
  { value: 'setup', label: 'Set up', note: 'publication and slot, after you agreed' },
  { value: 'status', label: 'Status', note: 'slot, lag and tables' },
  { value: 'teardown', label: 'Tear down', note: 'take away what set-up made' },
];

/** The part of a source's menu that is about CDC: which command, and what it has to be told. */
export async function runCdcMenu(app: App, { id: name, name: title }: Connection): Promise<ActionOutcome> {
  const { askMenu } = await import('../screens/menu-screen.ts');
  const verb = await askMenu(await askingOf(app), { title: `CDC of ${title}`, items: verbs });
  if (verb === null) return null;
  const given = { publication: null, slot: null };
  switch (verb) {
    case 'check': {
      const { runCdcCheck } = await import('./connections/cdc/check.ts');
      await runCdcCheck(app, { name, tables: [], timeoutMs: lookTimeoutMs, reports: [], failOn: 'failed' });
      return 'printed';
    }
    case 'status': {
      const { runCdcStatus } = await import('./connections/cdc/status.ts');
      const limits = { maxLag: null, maxRetained: null };
      await runCdcStatus(app, { name, given, limits, watch: null, timeoutMs: lookTimeoutMs });
      return 'printed';
    }
    case 'teardown': {
      const { defaultTeardownTimeoutMs, runCdcTeardown } = await import('./connections/cdc/teardown.ts');
      const wish = { ...given, force: false };
      await runCdcTeardown(app, { name, wish, yes: false, timeoutMs: defaultTeardownTimeoutMs });
      return 'printed';
    }
    default:
      return capture(app, verb, name);
  }
}

async function capture(app: App, verb: 'plan' | 'setup', name: string): Promise<ActionOutcome> {
  const { askLine } = await import('../screens/line-screen.ts');
  const asked = "Tables, as globs ('sales.*'), nothing for those that are set up:";
  const tables = await askLine(await askingOf(app), asked, '', () => true);
  if (tables === null) return null;
  const wish = wishOf({ table: tables.split(/\s+/).filter(Boolean) });
  if (verb === 'plan') {
    const { runCdcPlan } = await import('./connections/cdc/plan.ts');
    await runCdcPlan(app, { name, wish, timeoutMs: lookTimeoutMs });
  } else {
    const { defaultSetupTimeoutMs, runCdcSetup } = await import('./connections/cdc/setup.ts');
    await runCdcSetup(app, { name, wish, yes: false, timeoutMs: defaultSetupTimeoutMs });
  }
  return 'printed';
}
