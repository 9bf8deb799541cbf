import type { z } from 'zod';
import type { doctorFindingSchema, importStepSchema, planStepSchema, secretsStatusSchema } from './schema.ts';

/** One line of what `apply` will do or did. */
export type PlanStep = z.infer<typeof planStepSchema>;
/** One line of what `connections import` will do or did. */
export type ImportStep = z.infer<typeof importStepSchema>;
/** What `secrets status` tells. */
export type SecretsStatus = z.infer<typeof secretsStatusSchema>;
/** One line of what `doctor` found. */
export type DoctorFinding = z.infer<typeof doctorFindingSchema>;
