import '../../ui/header.js';
