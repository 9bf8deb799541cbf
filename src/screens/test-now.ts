import { type Asking, askChoice, askYesNo } from './ask.ts';

/** Whether to test before saving. @throws InterruptedError */
export function askTestNow(asking: Asking): Promise<boolean> {
  return askYesNo(asking, 'Test now?', true);
}

/** What to do after a test that failed. */
export type AfterFailure = 'change' | 'again' | 'save' | 'leave';

/** Asks for it. @throws InterruptedError */
export function askAfterFailure(asking: Asking): Promise<AfterFailure> {
  return askChoice<AfterFailure>(asking, 'The test failed', [
    { value: 'change', name: 'Change something and test again' },
    { value: 'again', name: 'Test again as it is' },
    { value: 'save', name: 'Save anyway' },
    { value: 'leave', name: 'Leave without saving' },
  ]);
}
