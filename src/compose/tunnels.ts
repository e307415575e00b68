import type { Settings } from "../config/settings.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import { sshTools } from "../host/ssh/command.ts";
import { useTunnels } from "../host/ssh/fetch.ts";
import { openTunnels, type Tunnels } from "../host/ssh/tunnels.ts";

/** The tunnels of a process that owns a state directory; from now on `ssh://` URLs are asked through them, until they are closed. */
export function createTunnels(
  environment: Readonly<Record<string, string | undefined>>,
  { stateDir, clock, log }: { readonly stateDir: string; readonly clock: Clock; readonly log: Log },
): Tunnels {
  const tunnels = openTunnels({ tools: sshTools(environment, stateDir), stateDir, clock, log });
  const letGo = useTunnels(tunnels);
  return {
    ...tunnels,
    close() {
      letGo();
      tunnels.close();
    },
  };
}

/** Where providers stand. */
export function baseUrlsOf({ providers }: Settings): readonly string[] {
  return providers.flatMap(({ provider }) => provider.endpoints.map(({ baseUrl }) => baseUrl));
}
