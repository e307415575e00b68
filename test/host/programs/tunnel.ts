import { systemClock } from "../../../src/host/clock.ts";
import { sshTools } from "../../../src/host/ssh/command.ts";
import { openTunnels } from "../../../src/host/ssh/tunnels.ts";

/** Opens a tunnel, says so, and then only lives: `tunnel.ts STATE_DIR URL`. */
const [stateDir = "", url = ""] = process.argv.slice(2);
const tools = sshTools(process.env, stateDir);
const tunnels = openTunnels({ tools, stateDir, clock: systemClock, log: { write: () => undefined } });
const route = await tunnels.routeFor(url, 10_000, null);
process.stdout.write(route.ok ? "up\n" : `${route.error.message}\n`);
setInterval(() => undefined, 60_000);
