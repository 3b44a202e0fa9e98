// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The annotations of a plugin, and the types of its settings. */
package io.weft.spi.plugin;
