import { dirname, join } from "node:path";
import ts from "typescript";

/** What a schema's source says: the comments of its keys, and the sources of the schemas below them. */
export interface Commented {
  /** Comments by key, for a schema that is an object. */
  comments: Map<string, KeyComment>;
  /** Source of a key's own schema. */
  child(key: string): Commented;
  /** Source of the members of a union, in order. */
  options(): Commented[];
  /** Source of the values of a record or the items of an array. */
  element(): Commented;
}

/** The TSDoc comment of one key. */
export interface KeyComment {
  text: string;
  /** What stands behind `@default`. */
  defaultText?: string;
}

/** Reads the comments of a schema that a file exports under a name. */
export function readComments(file: string, exportName: string): Commented {
  return sourceOf(resolve({ file, name: exportName }));
}

interface Located {
  expression: ts.Expression;
  file: string;
}

function sourceOf(located: Located | undefined): Commented {
  const empty: Commented = {
    comments: new Map(),
    child: () => empty,
    options: () => [],
    element: () => empty,
  };
  if (!located) return empty;
  const properties = located ? objectProperties(located) : new Map();
  return {
    comments: new Map([...properties].map(([key, { node }]) => [key, commentOf(node)])),
    child(key) {
      const property = properties.get(key);
      return property ? sourceOf({ expression: property.node.initializer, file: property.file }) : empty;
    },
    options() {
      const { call, file } = baseCall(located);
      const list = call?.arguments.find((argument) => ts.isArrayLiteralExpression(argument));
      if (!list || !ts.isArrayLiteralExpression(list)) return [];
      return list.elements.map((expression) => sourceOf({ expression, file }));
    },
    element() {
      const { call, file } = baseCall(located);
      const last = call?.arguments.findLast((argument) => !ts.isObjectLiteralExpression(argument));
      return last ? sourceOf({ expression: last, file }) : empty;
    },
  };
}

/** Keys of an object schema with the assignment that declares each, through `.extend`, `.omit` and other schemas' names. */
function objectProperties(located: Located): Map<string, { node: ts.PropertyAssignment; file: string }> {
  const found = new Map<string, { node: ts.PropertyAssignment; file: string }>();
  let at: Located | undefined = located;
  while (at) {
    const { expression, file }: Located = at;
    if (ts.isIdentifier(expression)) {
      at = resolve({ file, name: expression.text });
    } else if (ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression)) {
      const method = expression.expression.name.text;
      const [argument] = expression.arguments;
      if (/^(strictObject|object|extend)$/.test(method) && argument && ts.isObjectLiteralExpression(argument)) {
        for (const property of argument.properties) {
          if (!ts.isPropertyAssignment(property)) continue;
          const key = property.name.getText().replace(/^["']|["']$/g, "");
          if (!found.has(key)) found.set(key, { node: property, file });
        }
      }
      at = { expression: expression.expression.expression, file };
    } else {
      at = undefined;
    }
  }
  return found;
}

/** The innermost call of a chain: `z.record(...)` of `z.record(...).default({})`. */
function baseCall(located: Located): { call?: ts.CallExpression; file: string } {
  let { expression, file } = located;
  while (true) {
    if (ts.isIdentifier(expression)) {
      const target = resolve({ file, name: expression.text });
      if (!target) return { file };
      ({ expression, file } = target);
    } else if (ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression)) {
      const receiver: ts.Expression = expression.expression.expression;
      if (ts.isIdentifier(receiver) && receiver.text === "z") return { call: expression, file };
      expression = receiver;
    } else {
      return { file };
    }
  }
}

/** Finds the declaration of a name in a file or in the file it is imported from. */
function resolve(wanted: { file: string; name: string }): Located | undefined {
  const source = parse(wanted.file);
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (initializer && name.getText(source) === wanted.name) return { expression: initializer, file: wanted.file };
      }
    }
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
    if (ts.isImportDeclaration(statement) && bindings && ts.isNamedImports(bindings)) {
      const from = (statement.moduleSpecifier as ts.StringLiteral).text;
      const imported = bindings.elements.find((element) => element.name.text === wanted.name);
      if (imported && from.startsWith(".")) {
        return resolve({ file: join(dirname(wanted.file), from), name: (imported.propertyName ?? imported.name).text });
      }
    }
  }
  return undefined;
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  const known = parsed.get(file);
  if (known) return known;
  const source = ts.createSourceFile(file, ts.sys.readFile(file) ?? "", ts.ScriptTarget.Latest, true);
  parsed.set(file, source);
  return source;
}

function commentOf(node: ts.Node): KeyComment {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .filter((part) => ts.isJSDoc(part))
    .map((part) => ts.getTextOfJSDocComment(part.comment) ?? "")
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === "default");
  const defaultText = tag && ts.getTextOfJSDocComment(tag.comment)?.replace(/\s+/g, " ").trim();
  return defaultText ? { text, defaultText } : { text };
}
