// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Compares the plugins of one interface, and shows the outcome as table, JSON and page. */
package io.weft.plugin.launcher.compare;
