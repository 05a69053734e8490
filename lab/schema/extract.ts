/**
 * Writes the tables that the lab checks inputs with, from the type declarations of the SDKs:
 * `node lab/schema/extract.ts`. Run it after a new version of an SDK was installed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { offered } from "./offered.ts";
import type { PackageSchema, Table } from "./tables.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Reads one SDK: the arguments of the offered resources and functions and every nested type that they name. */
export function extract(name: keyof typeof offered): PackageSchema {
  const { module, resources, functions } = offered[name];
  const folder = join(root, "node_modules", module);
  const version = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version as string;
  const nested = nestedInterfaces(folder);
  const types: Record<string, Table> = {};
  const pending: string[] = [];
  const toTable = (declaration: ts.InterfaceDeclaration): Table => {
    const table: Table = {};
    for (const member of declaration.members) {
      if (!ts.isPropertySignature(member) || !member.type) continue;
      const type = expressionOf(member.type, (typeName) => pending.push(typeName));
      table[(member.name as ts.Identifier).text] = member.questionToken ? type : `${type}!`;
    }
    return table;
  };
  const argsOf = (token: string, suffix: string): Table => {
    const [, modulePath = "", typeName = ""] = token.split(":");
    const interfaceName = `${typeName[0]?.toUpperCase()}${typeName.slice(1)}${suffix}`;
    const path = modulePath.startsWith("index/") ? modulePath.slice("index/".length) : modulePath;
    const file = path.includes("/") || modulePath.startsWith("index/") ? path : `${path}/${lowerFirst(typeName)}`;
    const declaration = interfacesOf(sourceOf(folder, file)).get(interfaceName);
    return declaration ? toTable(declaration) : {};
  };
  const schema: PackageSchema = {
    package: name,
    version,
    resources: Object.fromEntries(resources.map((token) => [token, argsOf(token, "Args")])),
    functions: Object.fromEntries(functions.map((token) => [token, argsOf(token, "Args")])),
    types,
  };
  for (let typeName = pending.pop(); typeName !== undefined; typeName = pending.pop()) {
    if (types[typeName]) continue;
    const declaration = nested.get(typeName);
    if (!declaration) throw new Error(`${module} names the type ${typeName} and does not declare it`);
    types[typeName] = toTable(declaration);
  }
  schema.types = Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
  return schema;
}

/** The text of a table file. */
export function format(schema: PackageSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function lowerFirst(text: string): string {
  return `${text[0]?.toLowerCase()}${text.slice(1)}`;
}

/** Module names of tokens are in camel case, folders of some SDKs in lower case. */
function sourceOf(folder: string, path: string): ts.SourceFile {
  const [module = "", ...rest] = path.split("/");
  const candidates = [path, [module.toLowerCase(), ...rest].join("/")].map((each) => join(folder, `${each}.d.ts`));
  const file = candidates.find((candidate) => existsSync(candidate));
  if (!file) throw new Error(`none of ${candidates.join(", ")} exists`);
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false);
}

function interfacesOf(source: ts.SourceFile): Map<string, ts.InterfaceDeclaration> {
  const found = new Map<string, ts.InterfaceDeclaration>();
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement)) found.set(statement.name.text, statement);
  }
  return found;
}

/** Interfaces of `types/input` by their dotted name, such as `cluster.firewall.security.GroupLegacyRule`. */
function nestedInterfaces(folder: string): Map<string, ts.InterfaceDeclaration> {
  const found = new Map<string, ts.InterfaceDeclaration>();
  const visit = (statements: readonly ts.Statement[], prefix: string): void => {
    for (const statement of statements) {
      if (ts.isInterfaceDeclaration(statement)) found.set(`${prefix}${statement.name.text}`, statement);
      else if (ts.isModuleDeclaration(statement) && statement.body && ts.isModuleBlock(statement.body)) {
        visit(statement.body.statements, `${prefix}${statement.name.text}.`);
      }
    }
  };
  if (existsSync(join(folder, "types/input.d.ts"))) {
    visit(sourceOf(folder, "types/input").statements, "");
  }
  return found;
}

function expressionOf(node: ts.TypeNode, refer: (typeName: string) => void): string {
  if (ts.isParenthesizedTypeNode(node)) return expressionOf(node.type, refer);
  if (node.kind === ts.SyntaxKind.StringKeyword) return "string";
  if (node.kind === ts.SyntaxKind.NumberKeyword) return "number";
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return "boolean";
  if (node.kind === ts.SyntaxKind.AnyKeyword || node.kind === ts.SyntaxKind.UnknownKeyword) return "any";
  if (ts.isLiteralTypeNode(node)) return "string";
  if (ts.isArrayTypeNode(node)) return `[${expressionOf(node.elementType, refer)}]`;
  if (ts.isUnionTypeNode(node)) {
    const options = node.types
      .filter((option) => option.kind !== ts.SyntaxKind.UndefinedKeyword)
      .map((option) => expressionOf(option, refer));
    return [...new Set(options)].join("|");
  }
  if (ts.isTypeLiteralNode(node)) {
    const [member] = node.members;
    if (member && ts.isIndexSignatureDeclaration(member)) return `{${expressionOf(member.type, refer)}}`;
  }
  if (ts.isTypeReferenceNode(node)) return referenceExpression(node, refer);
  throw new Error(`cannot express the type ${ts.SyntaxKind[node.kind]}`);
}

function referenceExpression(node: ts.TypeReferenceNode, refer: (typeName: string) => void): string {
  const name = entityText(node.typeName);
  const [argument] = node.typeArguments ?? [];
  if (name === "pulumi.Input" && argument) return expressionOf(argument, refer);
  if (name === "Record" && node.typeArguments?.[1]) return `{${expressionOf(node.typeArguments[1], refer)}}`;
  if (name === "Array" && argument) return `[${expressionOf(argument, refer)}]`;
  if (name.startsWith("pulumi.asset.")) return "asset";
  if (name.startsWith("enums.")) return "string";
  const typeName = name.replace(/^inputs\./, "");
  refer(typeName);
  return `@${typeName}`;
}

function entityText(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : `${entityText(name.left)}.${name.right.text}`;
}

if (import.meta.main) {
  for (const name of Object.keys(offered) as (keyof typeof offered)[]) {
    const file = fileURLToPath(new URL(`./${name}.json`, import.meta.url));
    writeFileSync(file, format(extract(name)));
    console.log(`wrote lab/schema/${name}.json`);
  }
}
