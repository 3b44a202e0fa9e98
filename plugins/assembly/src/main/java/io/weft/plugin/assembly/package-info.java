// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Builds a node from a config file. */
package io.weft.plugin.assembly;
