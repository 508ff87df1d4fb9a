/** `ear.ts PORT` prints each datagram that it gets: what is in it, and from where. */
import { createSocket } from "node:dgram";

const socket = createSocket("udp6");
socket.on("message", (data, { address }) => console.log(`${data} from ${address.replace("::ffff:", "")}`));
socket.bind(Number(process.argv[2]), () => console.log("ready"));
