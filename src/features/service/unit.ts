/** For all users (runs as a user of its own) or for one (runs as that user, while logged in or lingering). */
export type ServiceScope = "system" | "user";

/** A provider key that systemd hands to the service: `file:NAME` in the configuration finds it. */
export interface Credential {
  readonly name: string;
  /** Absolute path of the file with the key; only root needs to read it. */
  readonly path: string;
}

/** What a unit is made from. */
export interface UnitOptions {
  readonly scope: ServiceScope;
  /** Absolute path of the binary. */
  readonly binary: string;
  /** Absolute path of the configuration; null leaves it to the usual places. */
  readonly config: string | null;
  readonly credentials: readonly Credential[];
}

/** Name of the unit in either scope. */
export const UNIT_NAME = "lodestar.service";

/** Bun's cap on calls in flight is read once at start: set here, the daemon need not start itself again. */
const FETCH_CAP = "BUN_CONFIG_MAX_HTTP_REQUESTS=16384";

/** Holds for both scopes. `MemoryDenyWriteExecute` and `LimitAS` are missing on purpose: the compiler of the runtime dies of them. */
const COMMON_LIMITS: readonly string[] = [
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "UMask=0077",
  "LimitNOFILE=65536",
];

/** What only the system manager can promise. Devices: none but the graphics cards, whose readings `status` shows. */
const SYSTEM_LIMITS: readonly string[] = [
  "DynamicUser=yes",
  "PrivateUsers=yes",
  "PrivateTmp=yes",
  "PrivateMounts=yes",
  "ProtectSystem=strict",
  "ProtectHome=yes",
  "ProtectProc=invisible",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectControlGroups=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "RestrictNamespaces=yes",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
  "CapabilityBoundingSet=",
  "AmbientCapabilities=",
  "RemoveIPC=yes",
  "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged @resources",
  "SystemCallErrorNumber=EPERM",
  "DevicePolicy=closed",
  "DeviceAllow=char-nvidia* rw",
  "DeviceAllow=/dev/nvidiactl rw",
  "DeviceAllow=/dev/nvidia-uvm rw",
  "DeviceAllow=/dev/nvidia0 rw",
];

/** Where the system service keeps its state. A user's service keeps it where the user's own commands look for it. */
const SYSTEM_STATE: readonly string[] = [
  "Environment=LODESTAR_STATE_DIR=%S/lodestar",
  "StateDirectory=lodestar",
  "StateDirectoryMode=0700",
];

/** A word of ExecStart: systemd splits at spaces and expands `%` and `$` (systemd.service(5), "Command lines"). */
function execWord(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return /[\s"'\\;]/.test(escaped) ? `"${escaped}"` : escaped;
}

function credentialLines(options: UnitOptions): readonly string[] {
  if (options.credentials.length > 0) {
    return options.credentials.map(({ name, path }) => `LoadCredential=${name}:${path.replaceAll("%", "%%")}`);
  }
  return [
    "# Provider keys never stand in a unit. One line each; the configuration names it as key: file:deepseek.key",
    "# LoadCredential=deepseek.key:/etc/lodestar/deepseek.key",
  ];
}

/** The text of the unit. The same options give the same text. */
export function renderUnit(options: UnitOptions): string {
  const isSystem = options.scope === "system";
  const command = [options.binary, "serve", ...(options.config === null ? [] : ["--config", options.config])];
  return [
    "# Made by `lodestar service install`; `lodestar service install --print` shows it.",
    "[Unit]",
    "Description=Lodestar, a gateway between coding tools and models",
    ...(isSystem ? ["Wants=network-online.target", "After=network-online.target"] : []),
    "",
    "[Service]",
    "Type=notify",
    "NotifyAccess=main",
    `ExecStart=${command.map(execWord).join(" ")}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    "RestartSec=2",
    "TimeoutStartSec=60",
    "# Above server.drain (30 s unless configured): running answers may finish.",
    "TimeoutStopSec=90",
    `Environment=${FETCH_CAP}`,
    ...(isSystem ? SYSTEM_STATE : []),
    ...credentialLines(options),
    "",
    ...COMMON_LIMITS,
    ...(isSystem ? SYSTEM_LIMITS : []),
    "",
    "[Install]",
    `WantedBy=${isSystem ? "multi-user.target" : "default.target"}`,
    "",
  ].join("\n");
}

/** The options of the units that are kept in `config/systemd/`: a binary for all users of the machine. */
export function packagedUnit(scope: ServiceScope): UnitOptions {
  return { scope, binary: "/usr/local/bin/lodestar", config: null, credentials: [] };
}
