/** What a text of dbt's stands for: itself, a variable alone, or nothing that can be had. */
export type Template =
  | { readonly kind: 'text'; readonly text: string }
  /** All of it is `{{ env_var('NAME') }}`. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'unknown'; readonly message: string };

const call =
  /\{\{-?\s*env_var\(\s*(['"])(\w+)\1\s*(?:,\s*(?:(['"])(.*?)\3|(\d+))\s*)?\)\s*((?:\|\s*\w+\s*)*)-?\}\}/g;

/**
 * Reads a text of a profiles.yml, in which only `{{ env_var('NAME') }}`, with a default or without, can be
 * followed (https://docs.getdbt.com/reference/dbt-jinja-functions/env_var).
 */
export function readTemplate(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Template {
  if (!/\{[{%]/.test(text)) return { kind: 'text', text };
  const [alone] = text.trim().matchAll(call);
  if (alone && alone[0] === text.trim() && alone[4] === undefined && alone[5] === undefined && alone[2]) {
    return { kind: 'variable', name: alone[2] };
  }
  return fillIn(text, environment);
}

/** A text with its variables filled in. */
export function fillIn(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Exclude<Template, { kind: 'variable' }> {
  let missing: string | null = null;
  const filled = text.replace(call, (_whole, _q, name: string, _q2, words?: string, digits?: string) => {
    const value = environment[name] ?? words ?? digits;
    if (value === undefined) missing ??= name;
    return value ?? '';
  });
  if (missing !== null)
    return { kind: 'unknown', message: `it uses the variable ${missing}, which is not set here` };
  if (/\{[{%]/.test(text.replace(call, ''))) {
    return { kind: 'unknown', message: 'it holds a template that is not {{ env_var(…) }}' };
  }
  return { kind: 'text', text: filled };
}
