/** The list of keys. */
import { Kbd, Table } from "@mantine/core";
import { useText } from "../text/use-text.tsx";
import { usePages } from "./pages.ts";
import { Dialog } from "./dialog.tsx";

export function KeyList({ close }: { close(): void }) {
  const text = useText();
  const allPages = usePages().flatMap(({ pages }) => pages);
  const rows: readonly (readonly [string, string])[] = [
    ["Ctrl K", text.keys.palette],
    ["c", text.keys.create],
    ["/", text.keys.search],
    ...allPages.flatMap(({ key, name }) =>
      key === undefined ? [] : [[`g ${key}`, text.keys.go(text.nav[name])] as const],
    ),
    ["?", text.keys.help],
  ];
  return (
    <Dialog opened onClose={close} title={text.keys.title} size="sm">
      <Table>
        <Table.Tbody>
          {rows.map(([keys, what]) => (
            <Table.Tr key={keys}>
              <Table.Td>{what}</Table.Td>
              <Table.Td ta="right">
                {keys.split(" ").map((key) => (
                  <Kbd key={key} ml={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}
