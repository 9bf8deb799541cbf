/** When a constraint is checked, where it may not be at once: ` deferrable initially deferred`; else empty. */
export function deferralText(key: {
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
}): string {
  if (!key.deferrable) return '';
  return key.initiallyDeferred ? ' deferrable initially deferred' : ' deferrable';
}
