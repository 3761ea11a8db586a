#!/usr/bin/env node
import { join } from 'node:path';

const { version } = require(join(__dirname, '../../../package.json')) as { version: string };
console.log(version);
