/** The stack that is built once and read by all others. */
export const sharedStack = "shared";
