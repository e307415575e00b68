/*
 * A management library for tests: the functions of nvml.h that are called, with values and return codes from the
 * environment. STUB_CODE_<function> is what that function returns, STUB_COUNT how many cards there are, STUB_VANISH after
 * how many rounds the driver is gone, STUB_HANG and STUB_CRASH in which round it hangs or crashes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned int u32;
typedef unsigned long long u64;

static int rounds;

static long number(const char *name, long usual) {
  const char *text = getenv(name);
  return text == NULL ? usual : strtol(text, NULL, 0);
}

static int code(const char *function) {
  char name[128];
  snprintf(name, sizeof name, "STUB_CODE_%s", function);
  return (int)number(name, 0);
}

#define ANSWER(function) \
  if (code(#function) != 0) return code(#function)

int nvmlInit_v2(void) { return code("nvmlInit_v2"); }
int nvmlShutdown(void) { return 0; }

const char *nvmlErrorString(int result) {
  switch (result) {
    case 3: return "Not Supported";
    case 4: return "Insufficient Permissions";
    case 9: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    case 18: return "Driver/library version mismatch";
    default: return "Unknown Error";
  }
}

int nvmlSystemGetDriverVersion(char *text, u32 length) {
  ANSWER(nvmlSystemGetDriverVersion);
  snprintf(text, length, "550.54.15");
  return 0;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) {
  *version = 12040;
  return 0;
}

int nvmlSystemGetProcessName(u32 pid, char *text, u32 length) {
  ANSWER(nvmlSystemGetProcessName);
  snprintf(text, length, pid == 100 ? "/usr/local/bin/ollama" : "/usr/lib/xorg/Xorg");
  return 0;
}

int nvmlDeviceGetCount_v2(u32 *count) {
  rounds += 1;
  if (number("STUB_HANG", 0) == rounds) for (;;) pause();
  if (number("STUB_CRASH", 0) == rounds) abort();
  if (number("STUB_VANISH", 1000000) < rounds) return 9;
  ANSWER(nvmlDeviceGetCount_v2);
  *count = (u32)number("STUB_COUNT", 1);
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(u32 index, void **device) {
  if (index == 1) ANSWER(nvmlDeviceGetHandleByIndex_v2);
  *device = (void *)(u64)(index + 1);
  return 0;
}

int nvmlDeviceGetName(void *device, char *text, u32 length) {
  ANSWER(nvmlDeviceGetName);
  snprintf(text, length, (u64)device == 1 ? "NVIDIA T600" : "NVIDIA RTX A2000");
  return 0;
}

int nvmlDeviceGetUUID(void *device, char *text, u32 length) {
  ANSWER(nvmlDeviceGetUUID);
  snprintf(text, length, "GPU-%04llx", (u64)device);
  return 0;
}

int nvmlDeviceGetMemoryInfo(void *device, u64 *memory) {
  ANSWER(nvmlDeviceGetMemoryInfo);
  memory[0] = (u64)number("STUB_TOTAL_MIB", 4096) << 20;
  memory[2] = (u64)number("STUB_USED_MIB", 3000) << 20;
  memory[1] = memory[0] - memory[2];
  return 0;
}

int nvmlDeviceGetMemoryInfo_v2(void *device, u64 *memory) {
  if ((memory[0] & 0xffffffff) != (40 | 2 << 24)) return 25;
  ANSWER(nvmlDeviceGetMemoryInfo_v2);
  memory[1] = (u64)number("STUB_TOTAL_MIB", 4096) << 20;
  memory[2] = 200ULL << 20;
  memory[4] = ((u64)number("STUB_USED_MIB", 3000) << 20) - memory[2];
  memory[3] = memory[1] - memory[2] - memory[4];
  return 0;
}

int nvmlDeviceGetUtilizationRates(void *device, u32 *rates) {
  ANSWER(nvmlDeviceGetUtilizationRates);
  rates[0] = (u32)number("STUB_BUSY", 37);
  rates[1] = 12;
  return 0;
}

int nvmlDeviceGetTemperature(void *device, u32 sensor, u32 *celsius) {
  ANSWER(nvmlDeviceGetTemperature);
  *celsius = 61;
  return 0;
}

int nvmlDeviceGetPowerUsage(void *device, u32 *milliwatts) {
  ANSWER(nvmlDeviceGetPowerUsage);
  *milliwatts = 38500;
  return 0;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, u32 *milliwatts) {
  ANSWER(nvmlDeviceGetEnforcedPowerLimit);
  *milliwatts = 41000;
  return 0;
}

int nvmlDeviceGetClockInfo(void *device, u32 type, u32 *megahertz) {
  ANSWER(nvmlDeviceGetClockInfo);
  *megahertz = type == 0 ? 1335 : 5000;
  return 0;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, u64 *mask) {
  ANSWER(nvmlDeviceGetCurrentClocksThrottleReasons);
  *mask = (u64)number("STUB_THROTTLE", 0x4);
  return 0;
}

struct process {
  u32 pid;
  u64 memory;
  u32 instances[2];
};

static int list(u32 *count, struct process *found, u32 first, u32 length) {
  if (*count < length) {
    *count = length;
    return 7;
  }
  for (u32 at = 0; at < length; at += 1) {
    found[at].pid = first + at;
    found[at].memory = number("STUB_HIDE_SIZES", 0) ? ~0ULL : (first == 100 ? 2048ULL << 20 : 300ULL << 20);
  }
  *count = length;
  return 0;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, u32 *count, struct process *found) {
  ANSWER(nvmlDeviceGetComputeRunningProcesses_v3);
  return list(count, found, 100, (u32)number("STUB_PROCESSES", 1));
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, u32 *count, struct process *found) {
  ANSWER(nvmlDeviceGetGraphicsRunningProcesses_v3);
  return list(count, found, 200, 1);
}
