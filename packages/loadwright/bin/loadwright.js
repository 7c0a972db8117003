#!/usr/bin/env node
// Package managers that link the commands of direct dependencies alone find it here.
import '@loadwright/cli/bin';
