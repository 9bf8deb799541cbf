import type { Pipeline } from '../pipelines/pipeline.ts';
import type { TableCell } from './table.ts';
import { mark, type Theme } from './theme.ts';

/** What a side is called where it may be gone: `shop`, `shop (deleted)`. Not yet terminal-safe. */
export function sideText({ name, status }: Pipeline['source']): string {
  return status === 'connected' ? name : `${name} (deleted)`;
}

/** How a pipeline stands; one that is disconnected says so before anything else. */
export function standingOf({ state, status }: Pick<Pipeline, 'state' | 'status'>, theme: Theme): TableCell {
  if (status === 'disconnected') {
    const word = state === 'paused' ? 'disconnected, paused' : 'disconnected';
    return state === 'paused'
      ? { text: mark('warned', word), style: theme.caution }
      : { text: mark('failed', word), style: theme.bad };
  }
  return state === 'paused'
    ? { text: mark('skipped', 'paused'), style: theme.faint }
    : { text: mark('passed', 'active'), style: theme.good };
}
