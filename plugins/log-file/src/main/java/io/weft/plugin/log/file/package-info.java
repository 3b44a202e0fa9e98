// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Redo logs in preallocated files on the shared storage. */
package io.weft.plugin.log.file;
