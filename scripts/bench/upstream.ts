import { startBenchUpstream } from "./upstream/server.ts";

// A program: prints its port as a line and serves until it is ended.
if (import.meta.main) console.log(startBenchUpstream().port);
