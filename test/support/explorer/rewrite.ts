/**
 * Rewrites a module of the ring so that every access to shared memory is a point where somebody else may go on: the
 * functions on the way to such an access become generators, and each access yields before it happens.
 *
 *     Atomics.store(words, bell, 1)    →   $.store(words, bell, 1, $.local(words, bell) || (yield 0))
 *     words[header] = length           →   $.put(words, header, length, $.quietPut(words, header) || (yield 0))
 *     this.#reserve(size)              →   (yield* $.run(this.#reserve(size)))
 *
 * The arguments stand before the `yield`, so they are worked out before the others get their turn. Functions are told
 * apart by their names; `$.run` takes what is no generator as it is, so two functions of one name do no harm.
 *
 * `#private` becomes `_private`: so the explorer can sum up what a thread keeps.
 *
 * Constructors cannot yield. Theirs are accesses to words that nobody else writes: they happen with the step before.
 */
import ts from 'typescript';

const { factory } = ts;

/** What the ring calls its views over shared memory. Other typed arrays are a thread's own. */
const SHARED = new Set(['words', '#words', 'stamps', 'bytes', '#bytes', '#text']);
/** Functions that are handed in: by the explorer as generators. */
const HANDED_IN = ['take', 'attempt', 'hasWork', 'onRing', 'onClosing'];

type FunctionNode =
  | ts.FunctionDeclaration
  | ts.MethodDeclaration
  | ts.ArrowFunction
  | ts.FunctionExpression
  | ts.GetAccessorDeclaration
  | ts.ConstructorDeclaration;

function isFunction(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isGetAccessor(node) ||
    ts.isConstructorDeclaration(node)
  );
}

/** The last name of an expression: `words` of `this.ring.words`. */
function lastName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isParenthesizedExpression(node)) return lastName(node.expression);
  if (ts.isBinaryExpression(node)) return lastName(node.right); // (0, doorbell_1.ringBell)
  return undefined;
}

/** The name by which a function is called. */
function nameOf(node: FunctionNode): string | undefined {
  if ('name' in node && node.name !== undefined) return (node.name as ts.Identifier).text;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent))
    return (parent.name as ts.Identifier).text;
  return undefined;
}

function isAtomicsCall(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    ts.isIdentifier(node.expression.expression) &&
    node.expression.expression.text === 'Atomics'
  );
}

function isSharedElement(node: ts.Node): node is ts.ElementAccessExpression {
  return ts.isElementAccessExpression(node) && SHARED.has(lastName(node.expression) ?? '');
}

/** `bytes.set(…)` and `#text.write(…)`: copies into the ring. */
function isCopy(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression, name } = node.expression;
  return (name.text === 'set' || name.text === 'write') && SHARED.has(lastName(expression) ?? '');
}

/** Visits what belongs to a function itself, not to functions within it. */
function visitOwn(node: ts.Node, visit: (node: ts.Node) => void): void {
  node.forEachChild((child) => {
    if (isFunction(child)) return;
    visit(child);
    visitOwn(child, visit);
  });
}

interface Shape {
  name: string | undefined;
  node: FunctionNode;
  accesses: boolean;
  /** Names of what it calls, and of properties that it reads: they may be getters. */
  uses: Set<string>;
}

function shapesOf(file: ts.SourceFile): Shape[] {
  const shapes: Shape[] = [];
  const look = (node: ts.Node): void => {
    if (isFunction(node)) shapes.push(shapeOf(node));
    node.forEachChild(look);
  };
  look(file);
  return shapes;
}

function shapeOf(node: FunctionNode): Shape {
  const shape: Shape = { name: nameOf(node), node, accesses: false, uses: new Set() };
  visitOwn(node, (child) => {
    if (isAtomicsCall(child) || isSharedElement(child) || isCopy(child)) shape.accesses = true;
    else if (ts.isCallExpression(child)) shape.uses.add(lastName(child.expression) ?? '');
    else if (ts.isPropertyAccessExpression(child)) shape.uses.add(`get ${child.name.text}`);
    else if (ts.isNewExpression(child) && child.arguments?.some(isFunction))
      shape.uses.add('new with callback');
  });
  return shape;
}

const isGetter = (shape: Shape): boolean => ts.isGetAccessor(shape.node);

/** Names of all functions that reach an access, over all files; getters as `get name`. */
function steppingNames(shapes: Shape[]): Set<string> {
  const names = new Set(HANDED_IN);
  for (let grown = true; grown; ) {
    grown = false;
    for (const shape of shapes) {
      if (shape.name === undefined || ts.isConstructorDeclaration(shape.node)) continue;
      const name = isGetter(shape) ? `get ${shape.name}` : shape.name;
      if (names.has(name) || !steps(shape, names)) continue;
      names.add(name);
      grown = true;
    }
  }
  return names;
}

function steps(shape: Shape, names: ReadonlySet<string>): boolean {
  if (shape.accesses) return true;
  for (const use of shape.uses) if (names.has(use)) return true;
  // `new Promise((resolve) => { this.#listen() })`: whoever makes it waits for the callback.
  return shape.uses.has('new with callback') && shapesWithin(shape.node).some((inner) => steps(inner, names));
}

function shapesWithin(node: ts.Node): Shape[] {
  const shapes: Shape[] = [];
  const look = (child: ts.Node): void => {
    if (isFunction(child)) shapes.push(shapeOf(child));
    else child.forEachChild(look);
  };
  node.forEachChild(look);
  return shapes;
}

/** @param files JavaScript by file name @returns the same, rewritten */
export function rewrite(files: ReadonlyMap<string, string>): Map<string, string> {
  const parsed = new Map(
    Array.from(files, ([name, text]) => [
      name,
      ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS),
    ]),
  );
  const names = steppingNames([...parsed.values()].flatMap(shapesOf));
  const printer = ts.createPrinter({ removeComments: true });
  const rewritten = new Map<string, string>();
  for (const [name, file] of parsed) {
    const { transformed } = ts.transform(file, [
      (context) => (root) => new Rewriter(names, context).file(root),
    ]);
    rewritten.set(name, printer.printFile(transformed[0]));
  }
  return rewritten;
}

/** Rewrites one file. */
class Rewriter {
  readonly #names: ReadonlySet<string>;
  readonly #context: ts.TransformationContext;
  /** Whether the function that is being rewritten becomes a generator. */
  #stepping = false;

  constructor(names: ReadonlySet<string>, context: ts.TransformationContext) {
    this.#names = names;
    this.#context = context;
  }

  file(root: ts.SourceFile): ts.SourceFile {
    return ts.visitEachChild(root, (node) => this.#visit(node), this.#context);
  }

  #visit(node: ts.Node): ts.Node {
    if (ts.isPrivateIdentifier(node)) return factory.createIdentifier(`_${node.text.slice(1)}`);
    if (isFunction(node)) return this.#function(node);
    if (isAtomicsCall(node)) return this.#atomics(node);
    if (isCopy(node)) return this.#copy(node);
    if (ts.isBinaryExpression(node) && isSharedElement(node.left) && isAssignment(node))
      return this.#put(node, node.left);
    if (isSharedElement(node)) return this.#get(node);
    if (ts.isNewExpression(node) && this.#stepping && node.arguments?.some(isFunction))
      return this.#new(node);
    if (ts.isCallExpression(node) && this.#stepping && this.#names.has(lastName(node.expression) ?? ''))
      return this.#run(this.#children(node));
    if (ts.isPropertyAccessExpression(node) && this.#stepping && this.#names.has(`get ${node.name.text}`))
      return this.#run(factory.createCallExpression(this.#children(node), undefined, []));
    return this.#children(node);
  }

  #children<T extends ts.Node>(node: T): T {
    return ts.visitEachChild(node, (child) => this.#visit(child), this.#context);
  }

  #expression(node: ts.Expression): ts.Expression {
    return this.#visit(node) as ts.Expression;
  }

  #function(node: FunctionNode): ts.Node {
    const outer = this.#stepping;
    this.#stepping = !ts.isConstructorDeclaration(node) && steps(shapeOf(node), this.#names);
    const visited = this.#children(node);
    const becomes = this.#stepping ? generatorOf(visited) : visited;
    this.#stepping = outer;
    return becomes;
  }

  /** Before an access the others get their turn, unless nobody else can see it, or it is a constructor's. */
  #turn(kind: 'local' | 'quietGet' | 'quietPut', place: ts.Expression[]): ts.Expression[] {
    if (!this.#stepping) return [];
    const turn = factory.createYieldExpression(undefined, factory.createNumericLiteral(0));
    return [factory.createLogicalOr(runtime(kind, place), factory.createParenthesizedExpression(turn))];
  }

  #atomics(node: ts.CallExpression): ts.Expression {
    const method = lastName(node.expression) as string;
    const args = node.arguments.map((each) => this.#expression(each));
    if (method === 'wait') return this.#run(runtime('wait', args));
    return runtime(method, [...args, ...this.#turn('local', args.slice(0, 2))]);
  }

  #copy(node: ts.CallExpression): ts.Expression {
    const { expression, name } = node.expression as ts.PropertyAccessExpression;
    const args = [expression, ...node.arguments].map((each) => this.#expression(each));
    return this.#run(runtime(name.text === 'set' ? 'copy' : 'write', args));
  }

  #get(node: ts.ElementAccessExpression): ts.Expression {
    const place = [this.#expression(node.expression), this.#expression(node.argumentExpression)];
    return runtime('get', [...place, ...this.#turn('quietGet', place)]);
  }

  #put(node: ts.BinaryExpression, left: ts.ElementAccessExpression): ts.Expression {
    const place = [this.#expression(left.expression), this.#expression(left.argumentExpression)];
    const right = this.#expression(node.right);
    const value =
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken
        ? right
        : factory.createAdd(this.#get(left), factory.createParenthesizedExpression(right)); // only += occurs
    return runtime('put', [...place, value, ...this.#turn('quietPut', place)]);
  }

  #new(node: ts.NewExpression): ts.Expression {
    const args = (node.arguments ?? []).map((each) => this.#expression(each));
    return this.#run(runtime('make', [this.#expression(node.expression), ...args]));
  }

  #run(call: ts.Expression): ts.Expression {
    return factory.createParenthesizedExpression(
      factory.createYieldExpression(factory.createToken(ts.SyntaxKind.AsteriskToken), runtime('run', [call])),
    );
  }
}

function isAssignment(node: ts.BinaryExpression): boolean {
  const { kind } = node.operatorToken;
  if (kind >= ts.SyntaxKind.MinusEqualsToken && kind <= ts.SyntaxKind.LastAssignment)
    throw new Error(`the explorer knows no ${ts.tokenToString(kind)} on shared memory: teach rewrite.ts`);
  return kind === ts.SyntaxKind.EqualsToken || kind === ts.SyntaxKind.PlusEqualsToken;
}

function runtime(method: string, args: ts.Expression[]): ts.CallExpression {
  return factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createIdentifier('$'), method),
    undefined,
    args,
  );
}

/** The generator that a function becomes; of an arrow function one that keeps its `this`, of a getter a method. */
function generatorOf(node: FunctionNode): ts.Node {
  const star = factory.createToken(ts.SyntaxKind.AsteriskToken);
  if (ts.isFunctionDeclaration(node))
    return factory.createFunctionDeclaration(
      node.modifiers,
      star,
      node.name,
      undefined,
      node.parameters,
      undefined,
      node.body,
    );
  if (ts.isMethodDeclaration(node) || ts.isGetAccessor(node)) {
    const body = node.body as ts.Block;
    return factory.createMethodDeclaration(
      node.modifiers,
      star,
      node.name,
      undefined,
      undefined,
      node.parameters,
      undefined,
      body,
    );
  }
  const { body, parameters } = node as ts.ArrowFunction | ts.FunctionExpression;
  const block = ts.isBlock(body as ts.Node)
    ? (body as ts.Block)
    : factory.createBlock([factory.createReturnStatement(body as ts.Expression)]);
  const generator = factory.createFunctionExpression(
    undefined,
    star,
    undefined,
    undefined,
    parameters,
    undefined,
    block,
  );
  return factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createParenthesizedExpression(generator), 'bind'),
    undefined,
    [factory.createThis()],
  );
}
