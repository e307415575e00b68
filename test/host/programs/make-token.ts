import { ensureAdminToken } from "../../../src/host/state.ts";

// One of several processes that make the admin token at the same moment.
const token = ensureAdminToken(process.argv[2] ?? "");
process.stdout.write(token.ok ? token.value : token.error.message);
