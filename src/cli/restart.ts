import type { StatusView } from "../core/admin-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import type { DaemonFlags, ReadyRecord } from "./backend.ts";
import { defineCommand } from "./command.ts";
import { fetchView, locate, notRunning } from "./connection.ts";
import { serveArguments, showDetached } from "./serve.ts";
import { daemonFlags, inputsOf, jsonFlag } from "./shared-flags.ts";
import { stopDaemon, stopFlags } from "./stop.ts";

/** The flags that bring a daemon up where the old one was. */
function sameFlags(ready: ReadyRecord, stateDir: string, configFile: string | null): DaemonFlags {
  const [api, admin] = [new URL(ready.apiUrl), new URL(ready.adminUrl)];
  const base = { host: api.hostname, port: Number(api.port), adminPort: Number(admin.port), stateDir };
  return configFile === null ? base : { ...base, config: configFile };
}

export const command = defineCommand({
  meta: {
    name: "restart",
    description: "Stop the daemon and start it again in the background, on the same ports",
    group: "Run",
    notes: [
      "It keeps ports, state directory and configuration file; keys in the environment are those of this shell. A daemon that systemd runs is restarted by: systemctl --user restart lodestar",
    ],
  },
  args: { ...stopFlags, ...jsonFlag, stateDir: daemonFlags.stateDir, config: daemonFlags.config },
  async run({ args, ...host }) {
    const location = await locate(host, args);
    if (!location.ok) return location.error;
    const { ready, stateDir } = location.value;
    if (ready === null) return notRunning(stateDir);
    const status = await fetchView<StatusView>(host, args, "live", "/v1/status");
    const configFile = args.config ?? (status.ok ? status.value.daemon.configFile : null);
    const stopped = await stopDaemon(host, args);
    if (!stopped.ok) return stopped.error;
    const flags = sameFlags(ready, stateDir, configFile);
    const started = await (await host.backend()).detach(inputsOf(host, args, flags), serveArguments(flags));
    if (!started.ok) return started.error;
    showDetached(started.value, "", host.terminal, args.json);
    return EXIT_CODES.ok;
  },
});
