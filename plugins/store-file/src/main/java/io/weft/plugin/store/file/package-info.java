// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Stores blocks in sparse files. */
package io.weft.plugin.store.file;
