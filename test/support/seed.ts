import fc from "fast-check";

/**
 * Properties are tried on the same cases in every run, so that a red build is always about the change; `LODESTAR_TEST_SEED`
 * (a number, or `random`) tries others. What those find becomes a test of its own.
 */
const wish = process.env.LODESTAR_TEST_SEED ?? "20261122";
if (wish !== "random") fc.configureGlobal({ seed: Number(wish) });
