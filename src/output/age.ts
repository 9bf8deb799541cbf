import { terminalSafe } from './terminal-text.ts';

/**
 * How long ago an instant was: `just now`, `45 s ago`, `3 min ago`, `5 h ago`, `2 d ago`; from 60
 * days on, and for an instant that lies ahead (the clock was set back), the day: `on 2026-03-01`.
 * @param iso ISO 8601; what is no date is shown as it is
 */
export function ago(iso: string, now: Date): string {
  const instant = Date.parse(iso);
  if (Number.isNaN(instant)) return terminalSafe(iso);
  const seconds = Math.floor((now.getTime() - instant) / 1000);
  if (seconds >= -60 && seconds < 5) return 'just now';
  if (seconds < 0 || seconds >= 60 * 86_400) return `on ${new Date(instant).toISOString().slice(0, 10)}`;
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
