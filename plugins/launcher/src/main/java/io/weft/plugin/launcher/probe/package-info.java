// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Measures one plugin in a process of its own, as {@code weft compare} orders. */
package io.weft.plugin.launcher.probe;
