/**
 * The reference of the API as a page: written out of the OpenAPI document, readable without a script. The one
 * that comes with it filters; style and script are files of the server's own, as its content policy asks.
 */
import { html, type Html } from "./html.ts";

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

interface Content {
  readonly schema?: Json;
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly "x-permission": string;
  readonly "x-websocket"?: boolean;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}

interface Place extends Operation {
  readonly method: string;
  readonly path: string;
}

type Schemas = Readonly<Record<string, Json>>;

export function referencePage(document: Json): string {
  const { info, paths, components } = document as {
    info: { title: string; version: string; description: string };
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Schemas };
  };
  const places = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
  const tags = [...new Set(places.flatMap((place) => place.tags))];
  const of = (tag: string) => places.filter((place) => place.tags.includes(tag));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} API ${info.version}</title>
        <link rel="stylesheet" href="/v1/reference/style.css" />
        <script src="/v1/reference/filter.js" defer></script>
      </head>
      <body>
        <nav aria-label="Routes">
          <label for="filter">Filter</label>
          <input id="filter" type="search" autocomplete="off" placeholder="guest, POST, fork …" />
          ${tags.map(
            (tag) => html`
              <h2>${tag}</h2>
              <ul>
                ${of(tag).map(
                  ({ operationId, method, path }) =>
                    html`<li data-of="${operationId}">
                      <a href="#${operationId}"><b class="${method}">${method}</b> ${path}</a>
                    </li>`,
                )}
              </ul>
            `,
          )}
          <h2>schemas</h2>
          <ul>
            ${Object.keys(components.schemas).map(
              (name) => html`<li><a href="#schema-${name}">${name}</a></li>`,
            )}
          </ul>
        </nav>
        <main>
          <h1>${info.title} API</h1>
          <p>
            Version ${info.version}. ${info.description} As a file:
            <a href="/v1/openapi.json">openapi.json</a>.
          </p>
          ${places.map((place) => section(place))}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(components.schemas).map(
            ([name, schema]) =>
              html`<section id="schema-${name}">
                <h3>${name}</h3>
                ${fields(schema)}
              </section>`,
          )}
        </main>
      </body>
    </html>`.text;
}

function section(place: Place): Html {
  const { operationId, method, path, summary, parameters, requestBody, responses } = place;
  return html`<section id="${operationId}" data-route="${`${method} ${path} ${summary} ${operationId}`}">
    <h2>${summary}</h2>
    <p class="route"><b class="${method}">${method}</b> <code>${path}</code></p>
    <p>
      For: ${place["x-permission"]}. In the client: <code>${operationId}</code>.
      ${place["x-websocket"] && "It is a WebSocket."}
    </p>
    ${
      parameters.length > 0 &&
      html`<table>
        <thead>
          <tr>
            <th>parameter</th>
            <th>in</th>
            <th>what it is</th>
          </tr>
        </thead>
        <tbody>
          ${parameters.map(
            ({ name, in: where, required, schema, description }) =>
              html`<tr>
                <td><code>${name}</code>${required && " (needed)"}</td>
                <td>${where}</td>
                <td>${typeOf(schema)} ${description ?? (schema["description"] as string | undefined)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${requestBody && html`<h3>Body</h3>`} ${requestBody && contents(requestBody.content)}
    <h3>Answers</h3>
    ${Object.entries(responses).map(
      ([status, { description, content = {} }]) =>
        html`<details ${Number(status) < 300 && "open"}>
          <summary><b>${status}</b> ${description.split("\n")[0]}</summary>
          ${description
            .split("\n\n")
            .slice(1)
            .map((line) => html`<p>${line}</p>`)}
          ${contents(content)}
        </details>`,
    )}
  </section>`;
}

const contents = (content: Readonly<Record<string, Content>>): Html =>
  html`${Object.entries(content).map(
    ([type, { schema, example }]) =>
      html`<p><code>${type}</code> ${schema && typeOf(schema)}</p>
        ${example !== undefined && html`<pre>${JSON.stringify(example, undefined, 2)}</pre>`}`,
  )}`;

/** A schema in a few words, with the way to it where it has a name. */
function typeOf(schema: Json): Html {
  const { $ref, anyOf, type, items, properties } = schema as {
    $ref?: string;
    anyOf?: Json[];
    type?: string;
    items?: Json;
    properties?: { items?: { items?: Json } };
  };
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if ("const" in schema) return html`<code>${JSON.stringify(schema["const"])}</code>`;
  if (anyOf) return html`${anyOf.map((one, i) => html`${i > 0 && " | "}${typeOf(one)}`)}`;
  if (type === "array") return html`list of ${typeOf(items ?? {})}`;
  const listed = properties?.items?.items;
  if (listed) return html`list of ${typeOf(listed)}, in <code>items</code>`;
  return html`${type ?? "anything"}${bounds(schema)}`;
}

function bounds(schema: Json): string {
  const { minimum, maximum, maxLength } = schema as Record<string, number | undefined>;
  const words = [
    minimum === undefined ? "" : `at least ${minimum}`,
    maximum === undefined ? "" : `at most ${maximum}`,
    maxLength === undefined ? "" : `at most ${maxLength} characters`,
    schema["default"] === undefined ? "" : `default ${JSON.stringify(schema["default"])}`,
  ].filter((word) => word !== "");
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

function fields(schema: Json): Html {
  const { properties, required = [] } = schema as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  if (!properties) return html`<p>${typeOf(schema)}</p>`;
  return html`<table>
    <thead>
      <tr>
        <th>field</th>
        <th>type</th>
        <th>what it is</th>
      </tr>
    </thead>
    <tbody>
      ${Object.entries(properties).map(
        ([name, property]) =>
          html`<tr>
            <td><code>${name}</code>${required.includes(name) && " (always)"}</td>
            <td>${typeOf(property)}</td>
            <td>${property["description"] as string | undefined}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
