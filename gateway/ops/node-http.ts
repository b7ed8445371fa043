/**
 * Node.js's HTTP module. Imported, it would bring along the client behind `fetch` and `WebSocket`,
 * as an import reads every export: 2 MB of memory that nobody here uses.
 */
export const http = process.getBuiltinModule('node:http');
