import { afterAll, onTestFinished, TestRunner } from 'vitest';

type CleanUp = () => void | Promise<void>;

const afterFile: CleanUp[] = [];

afterAll(async () => {
  for (const cleanUp of afterFile.splice(0).reverse()) await cleanUp();
});

/** Does this when the test that is running is over; when called from a hook, after the last test of the file. */
export function afterwards(cleanUp: CleanUp): void {
  if (TestRunner.getCurrentTest() === undefined) afterFile.push(cleanUp);
  else onTestFinished(cleanUp);
}
