// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The walls of the house: what its modules, classes and files may and may not do. */
package io.weft.arch;
