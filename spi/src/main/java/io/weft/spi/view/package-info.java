// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The view in force at this node, and its membership lease. */
package io.weft.spi.view;
