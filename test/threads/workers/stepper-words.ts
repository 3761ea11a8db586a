/** The words by which a test and a producer that stops in the middle of a post tell each other where they are. */
export const StepperWord = { GO: 0, STOPPED: 1, RESUME: 2 } as const;
