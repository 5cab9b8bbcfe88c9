"""Recording bounces and complaints."""
