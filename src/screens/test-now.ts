import { type Asking, askChoice, askYesNo } from './ask.ts';

/** Whether to test before saving. @throws InterruptedError */
export function askTestNow(asking: Asking): Promise<boolean> {
  return askYesNo(asking, 'Test now?', true);
}

/** What to do after a test that failed. @throws InterruptedError */
export function askAfterFailure(asking: Asking): Promise<'change' | 'save' | 'leave'> {
  return askChoice(asking, 'The test failed', [
    { value: 'change', name: 'Change something and test again' },
    { value: 'save', name: 'Save anyway' },
    { value: 'leave', name: 'Leave without saving' },
  ]);
}
