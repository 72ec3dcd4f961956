export * from "./src/random.ts";
export * from "./src/config.ts";
