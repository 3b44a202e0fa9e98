// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Agreement on views by exclusive creation of files on the shared storage. */
package io.weft.plugin.registry.file;
