/** The stack that is built once and read by all others. */
export const sharedStack = "shared";

/** Begins the message of a program that lost its engine. */
export const lostEngine = "the connection between the program and the engine broke";
