import { RefusedError } from '../connections/errors.ts';
import type { Answer } from '../output/answer.ts';
import type { App } from './app.ts';
import { askingOf } from './asking.ts';

/**
 * Shows what is going to be changed, and asks whether it may be.
 * @throws RefusedError not_confirmed, where nobody can be asked too
 */
export async function confirmPlan(app: App, plan: Answer, question: string): Promise<void> {
  const refusal = (message: string) =>
    new RefusedError({
      code: 'not_confirmed',
      message,
      fix: 'look at the plan with --dry-run, then add --yes',
    });
  if (!app.interactive) throw refusal('the plan changes something, and nobody can be asked here');
  const view = await app.view('stderr');
  app.streams.stderr.write(plan.text(view));
  const { confirmChange } = await import('../screens/confirm.ts');
  const agreed = await confirmChange(await askingOf(app), question);
  if (!agreed) throw refusal('the plan was not confirmed: nothing was changed');
}
