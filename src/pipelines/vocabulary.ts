/** The fixed words of pipelines, apart from the schemas made of them, so that reading them loads nothing. */

/** Whether its job runs: a paused one only warns where an active one would fail. */
export const pipelineStates = ['active', 'paused'] as const;

/** Whether the connection of a side is there. */
export const sideStatuses = ['connected', 'disconnected'] as const;
