export * from "./src/random.ts";
export * from "./src/config.ts";
export * from "./src/learner/create_learner.ts";
export type * from "./src/learner/learner.ts";
