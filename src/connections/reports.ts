import type { z } from 'zod';
import type {
  configEntrySchema,
  doctorFindingSchema,
  importStepSchema,
  planStepSchema,
  secretsMoveSchema,
  secretsStatusSchema,
} from './schema.ts';

/** One line of what `apply` will do or did. */
export type PlanStep = z.infer<typeof planStepSchema>;
/** One line of what `connections import` will do or did. */
export type ImportStep = z.infer<typeof importStepSchema>;
/** What `secrets status` tells. */
export type SecretsStatus = z.infer<typeof secretsStatusSchema>;
/** A default, and where it was said. */
export type ConfigEntry = z.infer<typeof configEntrySchema>;
/** What `secrets move` did. */
export type SecretsMove = z.infer<typeof secretsMoveSchema>;
/** One line of what `doctor` found. */
export type DoctorFinding = z.infer<typeof doctorFindingSchema>;
