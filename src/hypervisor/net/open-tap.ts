/** Opens a tap for a QEMU to inherit, which has no right to open one and may live in another network namespace. */
import { closeSync, constants, openSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { ioctl } from "#base/libc";

/** Numbers of linux/if_tun.h; struct ifreq of linux/if.h has the name, then the flags. */
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** Frames with a header of virtio's before them: what QEMU asks for where it opens a tap itself. */
const IFF_VNET_HDR = 0x4000;
const nameLength = 16;
const requestLength = 40;

/** The tap has to be there: see createTap(). The caller closes the descriptor. @throws LodgeError network.setup_failed */
export function openTap(name: string): number {
  const fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
  const request = new Uint8Array(requestLength);
  request.set(Buffer.from(name).subarray(0, nameLength - 1));
  new DataView(request.buffer).setInt16(nameLength, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, true);
  if (ioctl(fd, TUNSETIFF, request) === 0) return fd;
  closeSync(fd);
  throw new LodgeError("network.setup_failed", { network: name, reason: "the tap could not be opened" });
}
