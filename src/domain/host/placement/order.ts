/**
 * Hosts in order of their load, so that those without room for something are passed by without being looked at.
 *
 * A treap: ordered by (load, name), a heap by a hash of the name. Its form follows from what is in it alone, whatever the
 * order in which it came. Each node knows the most that anything below it has of each resource; a walk enters only
 * where that is enough. One step costs the logarithm of how many there are.
 */

/** Of each resource. */
export type Room = readonly number[];

export interface Place {
  readonly host: string;
  readonly load: number;
  readonly room: Room;
}

interface Node {
  readonly place: Place;
  readonly priority: number;
  most: Room;
  left: Node | undefined;
  right: Node | undefined;
}

const before = (a: Place, b: Place): boolean => a.load < b.load || (a.load === b.load && a.host < b.host);

/** FNV-1a, with its bits mixed once more: names that differ in their last letter only are to be far apart. */
function priorityOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function update(node: Node): Node {
  const { place, left, right } = node;
  node.most = place.room.map((own, at) =>
    Math.max(own, left?.most[at] ?? -Infinity, right?.most[at] ?? -Infinity),
  );
  return node;
}

/** Those before the place, and those from it on. */
function split(node: Node | undefined, at: Place): [Node | undefined, Node | undefined] {
  if (!node) return [undefined, undefined];
  if (before(node.place, at)) {
    const [low, high] = split(node.right, at);
    node.right = low;
    return [update(node), high];
  }
  const [low, high] = split(node.left, at);
  node.left = high;
  return [low, update(node)];
}

function merge(low: Node | undefined, high: Node | undefined): Node | undefined {
  if (!low || !high) return low ?? high;
  if (low.priority > high.priority) {
    low.right = merge(low.right, high);
    return update(low);
  }
  high.left = merge(low, high.left);
  return update(high);
}

function insert(node: Node | undefined, one: Node): Node {
  if (!node || one.priority > node.priority) {
    [one.left, one.right] = split(node, one.place);
    return update(one);
  }
  if (before(one.place, node.place)) node.left = insert(node.left, one);
  else node.right = insert(node.right, one);
  return update(node);
}

function without(node: Node | undefined, place: Place): Node | undefined {
  if (!node) return undefined;
  if (node.place.host === place.host) return merge(node.left, node.right);
  if (before(place, node.place)) node.left = without(node.left, place);
  else node.right = without(node.right, place);
  return update(node);
}

/** Who needs none of something gets along where more of it is promised than there is. */
const enough = (room: Room, needs: Room): boolean =>
  needs.every((need, at) => need <= 0 || need <= (room[at] ?? 0));

export class Order {
  #root: Node | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(place: Place): void {
    const node = {
      place,
      priority: priorityOf(place.host),
      most: place.room,
      left: undefined,
      right: undefined,
    };
    this.#root = insert(this.#root, node);
    this.#size++;
  }

  /** `place` as it was added. */
  remove(place: Place): void {
    this.#root = without(this.#root, place);
    this.#size--;
  }

  /** The hosts that have this room, those with the least load first, or with the most. `step` counts what is looked at. */
  *withRoom(needs: Room, first: "least" | "most", step: () => void): Generator<string> {
    const path: (Node | string)[] = this.#root ? [this.#root] : [];
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      if (typeof next === "string") {
        yield next;
        continue;
      }
      step();
      if (!enough(next.most, needs)) continue;
      const own = enough(next.place.room, needs) ? [next.place.host] : [];
      const [near, far] = first === "least" ? [next.left, next.right] : [next.right, next.left];
      path.push(...(far ? [far] : []), ...own, ...(near ? [near] : []));
    }
  }
}
